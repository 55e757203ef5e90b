#include "saddle/run/collective.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "processes.hpp"

namespace collective_tests {

using namespace saddle;

namespace {

/// What each of the ranks says of an agreement on these texts; nothing where it agrees.
std::vector<std::string> said(std::vector<std::string> const& texts) {
  auto const wires = std::make_shared<test::network>();
  int const ranks = static_cast<int>(texts.size());
  std::vector<std::string> all(texts.size());
  test::on_all_ranks(ranks, [&](int r) {
    auto const link = test::process{wires, ranks, ranks, r}.connect();
    collective together(*link, 0);
    auto const i = static_cast<std::size_t>(r);
    try {
      together.agree("trainer", "the processes run different things", texts[i]);
    } catch (std::invalid_argument const& e) {
      all[i] = e.what();
    }
    CHECK(together.sum(static_cast<std::uint64_t>(r)) == static_cast<std::uint64_t>(ranks * (ranks - 1) / 2));
  });
  return all;
}

}  // namespace

TEST_CASE("processes that run different things: all name rank 0's and the first other one, and none itself twice") {
  auto const sentence = [](std::string const& first, int rank, std::string const& other) {
    return "trainer: the processes run different things; rank 0 has " + first + ", rank " + std::to_string(rank) +
           " has " + other;
  };
  CHECK(said({"x"}) == std::vector<std::string>(1));
  CHECK(said({"x", "x", "x"}) == std::vector<std::string>(3));
  CHECK(said({"x", "longer"}) == std::vector(2, sentence("x", 1, "longer")));
  CHECK(said({"longer", "longer", "x"}) == std::vector(3, sentence("longer", 2, "x")));
  CHECK(said({"a", "a", "bb", "ccc", "a"}) == std::vector(5, sentence("a", 2, "bb")));
  CHECK(said({"a", "", "b", "c"}) == std::vector(4, sentence("a", 1, "")));
}

}  // namespace collective_tests
