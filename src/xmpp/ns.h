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
#define NS_ROSTER	"jabber:iq:roster"
#define NS_SM		"urn:xmpp:sm:3"			/* XEP-0198 */
#define NS_PING		"urn:xmpp:ping"			/* XEP-0199 */
#define NS_TIME		"urn:xmpp:time"			/* XEP-0202 */
#define NS_DELAY	"urn:xmpp:delay"		/* XEP-0203 */
#define NS_RECEIPTS	"urn:xmpp:receipts"		/* XEP-0184 */
#define NS_CARBONS	"urn:xmpp:carbons:2"		/* XEP-0280 */
#define NS_FORWARD	"urn:xmpp:forward:0"		/* XEP-0297 */
#define NS_HINTS	"urn:xmpp:hints"		/* XEP-0334 */
#define NS_SID		"urn:xmpp:sid:0"		/* XEP-0359 */
#define NS_MAM		"urn:xmpp:mam:2"		/* XEP-0313 */
#define NS_DATA		"jabber:x:data"			/* XEP-0004 */
#define NS_RSM		"http://jabber.org/protocol/rsm" /* XEP-0059 */
#define NS_MUC		"http://jabber.org/protocol/muc"
#define NS_MUC_USER	"http://jabber.org/protocol/muc#user"
#define NS_DISCO_INFO	"http://jabber.org/protocol/disco#info"
#define NS_NICK		"http://jabber.org/protocol/nick" /* XEP-0172 */

#endif
