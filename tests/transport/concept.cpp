#include "saddle/transport/concept.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "saddle/transport/loopback.hpp"
#include "saddle/transport/simulated.hpp"

using namespace saddle;

namespace {

struct plain {
  std::unique_ptr<communicator> connect() const { return loopback{}.connect(); }
};
struct local : plain {
  static constexpr bool is_local = true;
};
struct distributed : plain {
  static constexpr bool is_local = false;
};
struct local_by_a_function : plain {
  bool is_local() const { return true; }
};
struct local_by_a_field : plain {
  bool is_local = true;
};
static_assert(transport<plain> && transport<local> && transport<distributed>);
static_assert(!always_local<plain> && always_local<local> && !always_local<distributed>);
static_assert(!transport<local_by_a_function> && !is_local_is_a_constant<local_by_a_function>);
static_assert(!transport<local_by_a_field> && !is_local_is_a_constant<local_by_a_field>);
static_assert(std::is_abstract_v<communicator>);

}  // namespace

TEST_CASE("transport: whoever is alone says so") {
  for (auto const& c : {loopback{3}.connect(), simulated{.workers = 3}.connect()}) {
    CHECK(c->ranks() == 1);
    CHECK(c->rank() == 0);
    CHECK(c->is_local());
    CHECK(c->hosted() == 3);
  }
}
