// A program that is linked with libtorch, and compiles in a second.
#include <ATen/Parallel.h>

int main() { return at::get_num_threads() > 0 ? 0 : 1; }
