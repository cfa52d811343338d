/* ns.h: namespaces, under the names that the standards use. */
#ifndef XMPP_NS_H
#define XMPP_NS_H

#define NS_CLIENT	"jabber:client"
#define NS_STREAM	"http://etherx.jabber.org/streams"
#define NS_STREAMS	"urn:ietf:params:xml:ns:xmpp-streams"
#define NS_STANZAS	"urn:ietf:params:xml:ns:xmpp-stanzas"
#define NS_TLS		"urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL		"urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_SASL_CB	"urn:xmpp:sasl-cb:0"		/* XEP-0440 */
#define NS_BIND		"urn:ietf:params:xml:ns:xmpp-bind"
#define NS_SESSION	"urn:ietf:params:xml:ns:xmpp-session"
#define NS_REGISTER	"jabber:iq:register"		/* XEP-0077 */
#define NS_ROSTER	"jabber:iq:roster"
#define NS_SM		"urn:xmpp:sm:3"			/* XEP-0198 */
#define NS_PING		"urn:xmpp:ping"			/* XEP-0199 */
#define NS_TIME		"urn:xmpp:time"			/* XEP-0202 */
#define NS_DELAY	"urn:xmpp:delay"		/* XEP-0203 */
#define NS_RECEIPTS	"urn:xmpp:receipts"		/* XEP-0184 */
#define NS_ATTENTION	"urn:xmpp:attention:0"		/* XEP-0224 */
#define NS_CARBONS	"urn:xmpp:carbons:2"		/* XEP-0280 */
#define NS_FORWARD	"urn:xmpp:forward:0"		/* XEP-0297 */
#define NS_HINTS	"urn:xmpp:hints"		/* XEP-0334 */
#define NS_SID		"urn:xmpp:sid:0"		/* XEP-0359 */
#define NS_MAM		"urn:xmpp:mam:2"		/* XEP-0313 */
#define NS_DATA		"jabber:x:data"			/* XEP-0004 */
#define NS_DATA_VALIDATE "http://jabber.org/protocol/xdata-validate" /* XEP-0122 */
#define NS_RSM		"http://jabber.org/protocol/rsm" /* XEP-0059 */
#define NS_MUC		"http://jabber.org/protocol/muc"
#define NS_MUC_USER	"http://jabber.org/protocol/muc#user"
#define NS_MUC_ADMIN	"http://jabber.org/protocol/muc#admin"
#define NS_MUC_REQUEST	"http://jabber.org/protocol/muc#request"
#define NS_MUC_OWNER	"http://jabber.org/protocol/muc#owner"
#define NS_OCCUPANT_ID	"urn:xmpp:occupant-id:0"	/* XEP-0421 */
#define NS_HATS		"urn:xmpp:hats:0"		/* XEP-0317 */
#define NS_HATS_OLD	"xmpp:prosody.im/protocol/hats:1"
#define NS_SELF_PING	"http://jabber.org/protocol/muc#self-ping-optimization" /* XEP-0410 */
#define NS_DISCO_INFO	"http://jabber.org/protocol/disco#info"
#define NS_DISCO_ITEMS	"http://jabber.org/protocol/disco#items"
#define NS_CAPS		"http://jabber.org/protocol/caps" /* XEP-0115 */
#define NS_VERSION	"jabber:iq:version"		/* XEP-0092 */
#define NS_LAST		"jabber:iq:last"		/* XEP-0012 */
#define NS_CSI		"urn:xmpp:csi:0"		/* XEP-0352 */
#define NS_CHATSTATES	"http://jabber.org/protocol/chatstates" /* XEP-0085 */
#define NS_OOB			"jabber:x:oob"
#define NS_UPLOAD		"urn:xmpp:http:upload:0"
#define NS_CORRECT	"urn:xmpp:message-correct:0"	/* XEP-0308 */
#define NS_RETRACT	"urn:xmpp:message-retract:1"	/* XEP-0424 */
#define NS_RETRACT_OLD	"urn:xmpp:message-retract:0"
#define NS_MODERATE	"urn:xmpp:message-moderate:1"	/* XEP-0425 */
#define NS_MODERATE_OLD	"urn:xmpp:message-moderate:0"
#define NS_FASTEN	"urn:xmpp:fasten:0"		/* XEP-0422, in which the old ones stand */
#define NS_FALLBACK	"urn:xmpp:fallback:0"		/* XEP-0428 */
#define NS_REACTIONS	"urn:xmpp:reactions:0"		/* XEP-0444 */
#define NS_REPLY	"urn:xmpp:reply:0"		/* XEP-0461 */
#define NS_STYLING	"urn:xmpp:styling:0"		/* XEP-0393 */
#define NS_MARKERS	"urn:xmpp:chat-markers:0"	/* XEP-0333 */
#define NS_ROSTERVER	"urn:xmpp:features:rosterver"	/* RFC 6121 §2.6 */
#define NS_BOOKMARKS	"urn:xmpp:bookmarks:1"		/* XEP-0402 */
#define NS_BOOKMARKS_TEXT "storage:bookmarks"		/* XEP-0048 */
#define NS_PRIVATE	"jabber:iq:private"		/* XEP-0049 */
#define NS_NOTIFY	"urn:xmpp:notification-settings:1" /* XEP-0492 */
#define NS_MDS		"urn:xmpp:mds:displayed:0"	/* XEP-0490 */
#define NS_PUBSUB	"http://jabber.org/protocol/pubsub" /* XEP-0060 */
#define NS_PUBSUB_EVENT	NS_PUBSUB "#event"
#define NS_PUBSUB_OWNER	NS_PUBSUB "#owner"
#define NS_CONFERENCE	"jabber:x:conference"		/* XEP-0249 */
#define NS_CHANNEL_SEARCH "urn:xmpp:channel-search:0:search" /* XEP-0433 */
#define NS_OMEMO	"eu.siacs.conversations.axolotl" /* XEP-0384, version 0.3.0 */
#define NS_EME		"urn:xmpp:eme:0"		/* XEP-0380 */
#define NS_NICK		"http://jabber.org/protocol/nick" /* XEP-0172 */

#endif
