/* SPDX-License-Identifier: MIT */
/* The manifest's writer is the inverse of its reader: what is decoded encodes to the same bytes. */
#include <string.h>

#include "mend-publish/manifest_encode.h"
#include "unit.h"

#define HASH_A "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
#define HASH_B "324dcf027dd4a30a932c441f365a25e86b173defa4b8e58948253471b81b72cf"

static const char full[] =
	"{\"format\":1,\"id\":\"openssl\",\"release\":2,\"title\":\"Fix — a \\\"hole\\\"\","
	"\"description\":\"One.\\nTwo.\",\"severity\":\"critical\",\"cves\":[\"CVE-2026-0001\"],"
	"\"issued\":\"2026-11-22T00:00:00Z\",\"expires\":\"2027-11-22T00:00:00Z\","
	"\"arch\":\"x86_64\",\"os\":[{\"id\":\"debian\",\"version\":\"12\"},{\"id\":\"ubuntu\"}],"
	"\"root\":\"/usr/lib\",\"targets\":["
	"{\"path\":\"a\",\"op\":\"add\",\"base\":[],\"object\":\"" HASH_A "\",\"size\":0,"
	"\"mode\":\"0755\"},"
	"{\"path\":\"b\",\"op\":\"remove\",\"base\":[{\"link\":\"c\"},{\"blake2b\":\"" HASH_B
	"\"}]},"
	"{\"path\":\"d\",\"op\":\"replace\",\"base\":[{\"blake2b\":\"" HASH_B "\","
	"\"build_id\":\"abcd\",\"package\":\"libssl3\",\"version\":\"3.0.20-1~deb12u2\"}],"
	"\"object\":\"" HASH_A "\",\"size\":0,\"mode\":\"0644\","
	"\"fixed_in\":{\"package\":\"libssl3\",\"version\":\"3.0.22-1~deb12u2\"}},"
	"{\"path\":\"e\",\"op\":\"symlink\",\"base\":[],\"to\":\"d\"}],"
	"\"requires\":[\"zlib\"],\"conflicts\":[\"gnutls\"],\"restart\":[\"ssh.service\"],"
	"\"waivers\":[{\"finding\":\"symbol-removed\",\"path\":\"d\",\"reason\":\"was never "
	"documented\"}],"
	"\"members\":{\"objects/" HASH_A ".from/" HASH_B ".zst\":\"" HASH_A "\","
	"\"objects/" HASH_A ".zst\":\"" HASH_B "\"}}\n";

/* A bundle that is told to have no objects. */
static const char no_members[] =
	"{\"format\":1,\"id\":\"t\",\"release\":1,\"title\":\"t\",\"description\":\"\",\"cves\":[],"
	"\"issued\":\"1970-01-01T00:00:00Z\",\"expires\":null,\"arch\":\"any\",\"os\":[],"
	"\"root\":\"/usr/lib\",\"targets\":[{\"path\":\"e\",\"op\":\"symlink\",\"base\":[],"
	"\"to\":\"d\"}],\"requires\":[],\"conflicts\":[],\"restart\":[],\"members\":{}}\n";

static const char least[] =
	"{\"format\":1,\"id\":\"t\",\"release\":1,\"title\":\"t\",\"description\":\"\",\"cves\":[],"
	"\"issued\":\"1970-01-01T00:00:00Z\",\"expires\":null,\"arch\":\"any\",\"os\":[],"
	"\"root\":\"/usr/lib\",\"targets\":[{\"path\":\"e\",\"op\":\"symlink\",\"base\":[],"
	"\"to\":\"d\"}],\"requires\":[],\"conflicts\":[],\"restart\":[]}\n";

static void decode(struct mend_manifest **out, const char *text)
{
	auto_call(mend_verified_free) struct mend_verified *verified =
		unit_verified(mend_span_text(text));
	struct mend_error err;

	unit_works(mend_manifest_decode(out, verified, &err));
}

static void comes_back(const char *text)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	auto_bytes encoded = { NULL, 0 };
	struct mend_error err;

	decode(&manifest, text);
	unit_works(manifest_encode(&encoded, manifest, &err));
	ck_assert_str_eq((char *)encoded.data, text);
	ck_assert_uint_eq(encoded.size, strlen(text));
}

START_TEST(with_everything)
{
	comes_back(full);
}
END_TEST

START_TEST(with_the_least)
{
	comes_back(least);
	comes_back(no_members);
}
END_TEST

START_TEST(not_in_utf8)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	auto_bytes encoded = { NULL, 0 };
	struct mend_error err;

	decode(&manifest, least);
	manifest->title[0] = '\xff';
	unit_fails(manifest_encode(&encoded, manifest, &err), MEND_FORMAT,
		   "a text or path is not valid UTF-8");
	ck_assert_ptr_null(encoded.data);
}
END_TEST

int main(void)
{
	return unit_main("publish_manifest",
			 (const TTest *[]){ with_everything, with_the_least, not_in_utf8, NULL });
}
