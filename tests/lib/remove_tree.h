/* remove_tree.h: takes a folder of a test away, with all that is in it. */
#ifndef TESTS_REMOVE_TREE_H
#define TESTS_REMOVE_TREE_H

void	 remove_tree(const char *path);

#endif
