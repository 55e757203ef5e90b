#include "saddle/core/expects.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace saddle;

namespace {

void asks_for_a_worker(int workers) { expects(workers >= 1, "test: there must be a worker"); }

std::string words_of(int workers) {
  try {
    asks_for_a_worker(workers);
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("expects: says the sentence that it was given and nothing else") {
  CHECK(words_of(1) == "");
  CHECK(words_of(0) == "test: there must be a worker");
}

TEST_CASE("expects: a message that costs something is built only where it is needed") {
  int built = 0;
  auto const message = [&] {
    ++built;
    return "worker " + std::to_string(7);
  };
  expects(true, message);
  CHECK(built == 0);
  CHECK_THROWS_WITH_AS(expects(false, message), "worker 7", std::invalid_argument);
  CHECK(built == 1);
}
