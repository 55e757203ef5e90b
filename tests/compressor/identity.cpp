#include "saddle/compressor/identity.hpp"

#include "contract.hpp"

using namespace contract;

TEST_CASE_TEMPLATE("identity keeps the contract", G, SADDLE_TEST_GROUPS) {
  auto const payload = [](int count, int scalar) { return count * scalar; };
  keeps<G, float>(identity{}, payload);
  keeps<G, double>(identity{}, payload);
}

TEST_CASE_TEMPLATE("identity: the plane holds the coordinates, to the bit", T, float, double) {
  for (int count : counts(512))
    for (auto const& [name, p] : inputs<T>(count)) {
      CAPTURE(name);
      auto r = encode_on<serial_group>(identity{}, p);
      CHECK(std::vector<T>(r.message().value, r.message().value + count) == p);
      CHECK(r.sent == p);
    }
}
