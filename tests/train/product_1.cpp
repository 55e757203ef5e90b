#include "saddle/run/make_walk.hpp"

#include "product_list.hpp"

TEST_CASE("every two policies that can meet do so: part 2 of 3") { test::check_combinations<1, 3>(); }
