#include "saddle/run/compiled_step.hpp"

#include "product_list.hpp"

TEST_CASE("every two policies that can meet do so: part 1 of 3") { test::check_combinations<0, 3>(); }
