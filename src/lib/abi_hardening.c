/* SPDX-License-Identifier: MIT */
/* What a library does to the process that loads it: threads' storage, and protections. */
#include "abi_private.h"

static void add(const struct abi_pair *pair, bool is_so, const char *name,
		enum mend_verdict verdict, const char *text)
{
	if (is_so)
		mend_findings_add(pair->findings, name, verdict, pair->path, "%s", text);
}

/* Static TLS is a fixed room that all libraries of a process share; dlopen(3) fails when it is
 * full.
 */
static void compare_tls(const struct abi_pair *pair)
{
	const struct mend_elf *old = pair->old, *new = pair->new;

	add(pair, !old->has_static_tls && new->has_static_tls, "static-tls-gained", MEND_RISK,
	    "uses static TLS, which dlopen(3) may have no room for");
	if (new->tls_size > old->tls_size)
		mend_findings_add(pair->findings, "tls-grown", MEND_RISK, pair->path,
				  "thread-local storage is %llu bytes instead of %llu",
				  (unsigned long long)new->tls_size,
				  (unsigned long long)old->tls_size);
	if (new->tls_size > 0 && new->tls_align > old->tls_align && old->tls_size > 0)
		mend_findings_add(pair->findings, "tls-align-grown", MEND_RISK, pair->path,
				  "thread-local storage is aligned to %llu bytes instead of %llu",
				  (unsigned long long)new->tls_align,
				  (unsigned long long)old->tls_align);
}

void abi_compare_hardening(const struct abi_pair *pair)
{
	const struct mend_elf *old = pair->old, *new = pair->new;
	unsigned lost = old->features & ~new->features;

	compare_tls(pair);
	add(pair, !old->has_exec_stack && new->has_exec_stack, "exec-stack-gained", MEND_BREAKS,
	    "makes the stack of every process executable, or is not loaded where that is "
	    "forbidden");
	add(pair, !old->has_text_relocations && new->has_text_relocations, "textrel-gained",
	    MEND_BREAKS, "writes to its own code, and is not loaded where that is forbidden");
	add(pair, old->has_relro && !new->has_relro, "relro-lost", MEND_RISK,
	    "its relocations stay writable (no RELRO)");
	add(pair, old->has_bind_now && !new->has_bind_now, "bind-now-lost", MEND_RISK,
	    "its functions are bound late, and their table stays writable (no BIND_NOW)");
	add(pair, (lost & (MEND_ELF_IBT | MEND_ELF_SHSTK)) != 0, "cet-lost", MEND_RISK,
	    "takes control-flow enforcement (CET) from every process that loads it");
	add(pair, (lost & (MEND_ELF_BTI | MEND_ELF_PAC)) != 0, "bti-lost", MEND_RISK,
	    "takes branch protection (BTI, PAC) from every process that loads it");
}
