#include "saddle/run/compiled_step.hpp"

#include "product_list.hpp"

// In one file, not several: they share much.
TEST_CASE("every two policies that can meet do so") { test::check_combinations(); }
