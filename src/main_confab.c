/* main_confab.c: the face's executable. */
#include <stdio.h>

int
main(void)
{
	puts("confab " CONFAB_VERSION);
	return 0;
}
