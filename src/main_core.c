/* main_core.c: the core's executable. */
#include <stdio.h>

int
main(void)
{
	puts("confab-core " CONFAB_VERSION);
	return 0;
}
