#include "saddle/run/plan.hpp"

#include "product_list.hpp"

TEST_CASE("every two policies that can meet do so: part 3 of 3") { test::check_combinations<2, 3>(); }
