#include "saddle/topology/concept.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "saddle/topology/accelerated_gossip.hpp"
#include "saddle/topology/circulant.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

using namespace saddle;

namespace {

static_assert(topology<parameter_server<>> && topology<gossip> && topology<accelerated_gossip>);
static_assert(topology<local_steps<gossip>> && topology<local_steps<accelerated_gossip>>);
static_assert(steps_alone<local_steps<gossip>> && !steps_alone<gossip> && !steps_alone<parameter_server<>>);

/// A user's own: all send to all.
template <class Scheme>
struct everyone {
  template <bool, feedback>
  using scheme = Scheme;
  int rounds_per_exchange() const { return 1; }
  bool varies() const { return false; }
  std::vector<edge> sources(std::int64_t, int, int, int) const { return {}; }
  void check(int, bool, bool) const {}
  std::string name() const { return "everyone"; }
};
using averaging_all = everyone<updates<feedback::none>>;
static_assert(topology<averaging_all> && topology<everyone<mixing<false>>>);

// What would be left out in silence.
struct without_varies {
  template <bool, feedback>
  using scheme = mixing<false>;
  int rounds_per_exchange() const { return 1; }
  std::vector<edge> sources(std::int64_t, int, int, int) const { return {}; }
  void check(int, bool, bool) const {}
  std::string name() const { return "without-varies"; }
};
struct varies_as_a_field : without_varies {
  bool varies = false;
};
struct combines_first_without_a_scheme : averaging_all {
  bool combines_first() const { return true; }
};
struct late_scheme_without_a_choice : averaging_all {
  template <bool, feedback>
  using late_scheme = mixing<true>;
};
struct downlink_without_its_type : averaging_all {
  exact_downlink downlink{};
};
struct downlink_of_another_type : averaging_all {
  using downlink_type = int;
  exact_downlink downlink{};
};
struct downlink_with_its_type : averaging_all {
  using downlink_type = exact_downlink;
  exact_downlink downlink{};
};
struct gamma_as_a_number : everyone<choco<false>> {
  double consensus_step = 0.1;
};
struct gamma_that_can_be_missing : everyone<choco<false>> {
  std::optional<double> consensus_step{};
};
static_assert(!topology<without_varies> && !says_whether_it_varies<without_varies>);
static_assert(!topology<varies_as_a_field> && !says_whether_it_varies<varies_as_a_field>);
static_assert(!topology<combines_first_without_a_scheme> && !says_when_it_combines<combines_first_without_a_scheme>);
static_assert(!topology<late_scheme_without_a_choice> && !says_when_it_combines<late_scheme_without_a_choice>);
static_assert(!topology<downlink_without_its_type> && !names_the_type_of_its_downlink<downlink_without_its_type>);
static_assert(!topology<downlink_of_another_type> && !names_the_type_of_its_downlink<downlink_of_another_type>);
static_assert(topology<downlink_with_its_type>);
static_assert(!topology<everyone<choco<false>>> && !has_a_consensus_step_for_losses<everyone<choco<false>>>);
static_assert(!topology<everyone<deep_squeeze<false>>> && !topology<gamma_as_a_number>);
static_assert(topology<gamma_that_can_be_missing>);

}  // namespace

TEST_CASE("topology: local steps vary where the topology inside does") {
  CHECK_FALSE(local_steps{gossip{.graph = ring(4)}, 2}.varies());
  CHECK(local_steps{gossip{.graph = one_peer_exponential(4)}, 2}.varies());
  CHECK_FALSE(local_steps<accelerated_gossip>{{.graph = ring(4)}, 2}.varies());
  CHECK_FALSE(local_steps<parameter_server<>>{}.varies());
}
