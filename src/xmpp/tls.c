/*
 * tls.c: see tls.h.
 *
 * What a reader would get wrong: all problems of a certificate are collected first and judged once, in judge();
 * OpenSSL's own callback would stop at the first, and libstrophe's shows the certificate at fault, which may be an
 * authority's, where a pin must be compared with the server's own.
 */
#include "xmpp/tls.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

enum { PROBLEMS = 8, NAMES = 20 };

static _Thread_local struct tls_watch *watching;
static _Thread_local char error_text[256];
static _Thread_local struct {
	int		 codes[PROBLEMS];
	unsigned	 count;
} problems;

void
tls_watch(struct tls_watch *watch)
{
	watching = watch;
}

void
tls_watch_clear(struct tls_watch *watch)
{
	g_clear_pointer(&watch->certificate, stream_certificate_free);
}

/* --- the facts of a certificate --- */

static char *
clean(const char *text, gssize len)
{
	return text_clean(text, len, TEXT_LINE, LIMIT_NAME);
}

static char *
name_text(const X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;
	long n;

	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &data);
	text = clean(n > 0 ? data : "", n > 0 ? n : 0);
	BIO_free(bio);
	return text;
}

static char *
names_text(X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	GString *text = g_string_new(NULL);
	int i, shown = 0;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		g_autofree char *one = NULL;

		if (name->type != GEN_DNS)
			continue;
		if (++shown > NAMES)
			break;
		one = clean((const char *)ASN1_STRING_get0_data(name->d.dNSName), ASN1_STRING_length(name->d.dNSName));
		g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", one);
	}
	if (shown > NAMES)
		g_string_append(text, ", ...");
	GENERAL_NAMES_free(names);
	return g_string_free(text, FALSE);
}

static int64_t
time_ms(const ASN1_TIME *time)
{
	g_autoptr(GDateTime) when = NULL;
	struct tm tm;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return 0;
	when = g_date_time_new_utc(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return when != NULL ? g_date_time_to_unix(when) * 1000 : 0;
}

static char *
sha256_text(X509 *x509)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0, i;
	GString *text = g_string_new(NULL);

	X509_digest(x509, EVP_sha256(), digest, &n);
	for (i = 0; i < n; i++)
		g_string_append_printf(text, "%s%02X", i > 0 ? ":" : "", digest[i]);
	return g_string_free(text, FALSE);
}

static struct stream_certificate *
certificate_read(X509 *x509)
{
	struct stream_certificate *certificate = g_new0(struct stream_certificate, 1);

	certificate->subject = name_text(X509_get_subject_name(x509));
	certificate->issuer = name_text(X509_get_issuer_name(x509));
	certificate->names = names_text(x509);
	certificate->not_before_ms = time_ms(X509_get0_notBefore(x509));
	certificate->not_after_ms = time_ms(X509_get0_notAfter(x509));
	certificate->sha256 = sha256_text(x509);
	return certificate;
}

/* Hex digits alone, so that colons and capitals make no difference. */
static bool
same_digest(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == ':' || *a == ' ')
			a++;
		while (*b == ':' || *b == ' ')
			b++;
		if (g_ascii_toupper(*a) != g_ascii_toupper(*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

/* --- judging --- */

/* The words, and which flaw that is; 0: one in spite of which nobody may pin it. */
static unsigned
problem_words(int code, const struct stream_certificate *certificate, const char *domain, GString *text)
{
	g_autoptr(GDateTime) from = g_date_time_new_from_unix_utc(certificate->not_before_ms / 1000);
	g_autoptr(GDateTime) to = g_date_time_new_from_unix_utc(certificate->not_after_ms / 1000);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *first = from != NULL ? g_date_time_format(from, "%-d %b %Y") : NULL;
	g_autofree char *last = to != NULL ? g_date_time_format(to, "%-d %b %Y") : NULL;
	g_autofree char *today = g_date_time_format(now, "%-d %b %Y");

	if (text->len > 0)
		g_string_append(text, "; ");
	switch (code) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		g_string_append_printf(text, "it is for %s and not for %s",
		    certificate->names[0] != '\0' ? certificate->names : "no host name at all", domain);
		return STREAM_FLAW_NAME;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		g_string_append_printf(text, "it ended on %s (this machine believes it is %s)", last, today);
		return STREAM_FLAW_DATE;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		g_string_append_printf(text, "it begins on %s (this machine believes it is %s)", first, today);
		return STREAM_FLAW_DATE;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		g_string_append(text, "it is self-signed");
		return STREAM_FLAW_ISSUER;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		g_string_append_printf(text, "its issuer, %s, is not one that this machine trusts",
		    certificate->issuer);
		return STREAM_FLAW_ISSUER;
	default:
		g_string_append(text, X509_verify_cert_error_string(code));
		return 0;
	}
}

static int
on_problem(int ok, X509_STORE_CTX *store)
{
	int code = X509_STORE_CTX_get_error(store);
	unsigned i;

	if (ok)
		return 1;
	/* A chain that ends nowhere is told three times over. */
	if (code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE)
		code = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
	for (i = 0; i < problems.count; i++)
		if (problems.codes[i] == code)
			return 1;
	if (problems.count == PROBLEMS)
		return 0;
	problems.codes[problems.count++] = code;
	return 1;
}

static void
judge(struct tls_watch *watch)
{
	struct stream_certificate *certificate = watch->certificate;
	bool pinned = watch->pin != NULL && same_digest(watch->pin, certificate->sha256);
	g_autoptr(GString) text = g_string_new(NULL);
	unsigned i, flaw;

	certificate->pin_helps = true;
	for (i = 0; i < problems.count; i++) {
		flaw = problem_words(problems.codes[i], certificate, watch->domain, text);
		certificate->flaws |= flaw;
		certificate->pin_helps &= flaw != 0;
	}
	watch->pin_differs = watch->pin != NULL && !pinned;
	watch->good = !watch->pin_differs && (problems.count == 0 ||
	    (pinned && certificate->pin_helps && (certificate->flaws & ~watch->pin_flaws) == 0));
	if (problems.count > 0 && !watch->good)
		certificate->problem = g_strdup(text->str);
}

/* In the place of X509_verify_cert(). */
static int
on_verify(X509_STORE_CTX *store, void *data)
{
	struct tls_watch *watch = data;
	X509 *own = X509_STORE_CTX_get0_cert(store);
	int verified;

	if (own == NULL)
		return 0;
	problems.count = 0;
	X509_STORE_CTX_set_verify_cb(store, on_problem);
	verified = X509_verify_cert(store);
	if (verified <= 0 && problems.count == 0)
		problems.codes[problems.count++] = X509_STORE_CTX_get_error(store) != X509_V_OK ?
		    X509_STORE_CTX_get_error(store) : X509_V_ERR_UNSPECIFIED;
	g_clear_pointer(&watch->certificate, stream_certificate_free);
	watch->certificate = certificate_read(own);
	judge(watch);
	ERR_clear_error();	/* what was tried here is not the connection's error */
	X509_STORE_CTX_set_error(store, watch->good ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
	return watch->good ? 1 : 0;
}

static bool
is_ip(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* libstrophe could only add the file to what the system trusts. */
static bool
replace_authorities(SSL *ssl, const char *file)
{
	X509_STORE *store = X509_STORE_new();

	if (store == NULL || X509_STORE_load_locations(store, file, NULL) != 1) {
		X509_STORE_free(store);
		return false;
	}
	SSL_CTX_set_cert_store(SSL_get_SSL_CTX(ssl), store);
	return true;
}

/* SNI.  The macro for it would take the const away in silence. */
static bool
set_name(SSL *ssl, const char *name)
{
	union { const char *lent; void *taken; } pointer = { .lent = name };

	return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, pointer.taken) == 1;
}

static bool
set_up(SSL *ssl, struct tls_watch *watch)
{
	static const unsigned char alpn[] = "\x0bxmpp-client";
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	SSL_CTX_set_cert_verify_callback(SSL_get_SSL_CTX(ssl), on_verify, watch);
	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	SSL_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (SSL_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 || SSL_set_alpn_protos(ssl, alpn, sizeof alpn - 1) != 0)
		return false;
	if (watch->ca_file != NULL && !replace_authorities(ssl, watch->ca_file))
		return false;
	if (is_ip(watch->domain))
		return X509_VERIFY_PARAM_set1_host(param, NULL, 0) == 1 &&
		    X509_VERIFY_PARAM_set1_ip_asc(param, watch->domain) == 1 && set_name(ssl, NULL);
	return X509_VERIFY_PARAM_set1_host(param, watch->domain, 0) == 1 && set_name(ssl, watch->domain);
}

/* --- in OpenSSL's place --- */

int
SSL_connect(SSL *ssl)
{
	union { void *object; int (*function)(SSL *); } symbol = { .object = dlsym(RTLD_NEXT, "SSL_connect") };
	int result;

	if (symbol.object == NULL)
		return -1;
	if (watching != NULL && watching->ssl != ssl) {
		error_text[0] = '\0';
		watching->ssl = ssl;
		watching->seen = true;
		watching->good = false;
		if (!set_up(ssl, watching))
			return -1;
	}
	ERR_clear_error();
	result = symbol.function(ssl);
	if (result <= 0 && ERR_peek_error() != 0) {
		const char *reason = ERR_reason_error_string(ERR_peek_error());

		g_strlcpy(error_text, reason != NULL ? reason : "", sizeof error_text);
	}
	return result;
}

/* --- afterwards --- */

const char *
tls_version(const struct tls_watch *watch)
{
	return SSL_get_version(watch->ssl);
}

GBytes *
tls_binding(const struct tls_watch *watch, const char *type)
{
	SSL *ssl = watch->ssl;
	unsigned char data[64];
	size_t n = 0;

	/* Without the extended master secret two connections can be made to have the same one (RFC 7627 §1). */
	if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1)
		return NULL;
	if (strcmp(type, "tls-exporter") == 0) {
		static const char label[] = "EXPORTER-Channel-Binding";

		if (SSL_export_keying_material(ssl, data, 32, label, sizeof label - 1, (const unsigned char *)"",
		    0, 1) == 1)
			n = 32;
	} else if (strcmp(type, "tls-unique") == 0 && SSL_version(ssl) == TLS1_2_VERSION && !SSL_session_reused(ssl))
		n = SSL_get_finished(ssl, data, sizeof data);
	ERR_clear_error();
	return n > 0 && n <= sizeof data ? g_bytes_new(data, n) : NULL;
}

char *
tls_error_text(void)
{
	return g_strdup(error_text);
}

void
tls_leave_thread(void)
{
	watching = NULL;
	OPENSSL_thread_stop();
}

bool
tls_check(GError **error)
{
	union { void *object; int (*function)(SSL *); } first = { .object = dlsym(RTLD_DEFAULT, "SSL_connect") };

	if (first.function == SSL_connect)
		return true;
	g_set_error(error, g_quark_from_static_string("tls"), 0, "libstrophe's TLS does not come through confab's "
	    "checks. confab does not go on line like this; it was linked in another way than its Makefile does.");
	return false;
}
