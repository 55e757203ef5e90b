#include "saddle/topology/concept.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "saddle/exchange/mixing.hpp"
#include "saddle/exchange/server_average.hpp"
#include "saddle/topology/accelerated_gossip.hpp"
#include "saddle/topology/circulant.hpp"
#include "saddle/topology/gossip.hpp"
#include "saddle/topology/local_steps.hpp"
#include "saddle/topology/parameter_server.hpp"

namespace concept_tests {

using namespace saddle;

namespace {

static_assert(topology<parameter_server<>> && topology<gossip> && topology<accelerated_gossip>);
static_assert(topology<local_steps<gossip>> && topology<local_steps<accelerated_gossip>>);
static_assert(steps_alone<local_steps<gossip>> && !steps_alone<gossip> && !steps_alone<parameter_server<>>);

/// A user's own, with all members: all send to all, by a rule.
template <class Rule>
struct everyone {
  using exchanges = always;
  using begins = always;
  static constexpr bool has_server = Rule::averages, on_average = false, amplifies = false;
  template <class Run, class Subject>
  using slot_of = slot<Subject, Rule, typename Run::compression, exact_downlink>;
  template <class Run, class Subject, class Make, class Binds>
  using together = step_list<send_vector<slot_of<Run, Subject>, Make, Binds>, receive_vector<slot_of<Run, Subject>, make_fixed<moves_by>, Binds>>;
  template <class Run, class Subject, class Make, class G, int Player, bool>
  using move = step_list<send_vector<slot_of<Run, Subject>, Make, binds<means<name::g, G>>, Player>,
                    receive_vector<slot_of<Run, Subject>, make_fixed<moves_by>, binds<>, Player>>;
  template <class Run, int Player>
  using before_gradient = step_list<>;
  int rounds_per_exchange() const { return 1; }
  bool varies() const { return false; }
  std::vector<edge> sources(std::int64_t, int, int, int) const { return {}; }
  void check(int, bool, bool) const {}
  std::string name() const { return "everyone"; }
};
struct gamma_that_can_be_missing : everyone<mixing> {
  std::optional<double> consensus_step{};
};
using averaging_all = everyone<server_average<feedback::none>>;
static_assert(topology<averaging_all> && topology<gamma_that_can_be_missing>);

// What would be left out in silence. What is inherited is hidden by a member of the name, or made private.
struct without_exchanges : averaging_all {
 private:
  using averaging_all::exchanges;
};
struct without_a_server_or_none : averaging_all {
  int has_server;
};
struct without_slots : averaging_all {
 private:
  using averaging_all::slot_of;
};
struct without_together : averaging_all {
 private:
  using averaging_all::together;
};
struct without_move : averaging_all {
 private:
  using averaging_all::move;
};
struct without_sources : averaging_all {
  int sources;
};
struct without_varies : averaging_all {
  struct varies;
};
struct varies_as_a_field : averaging_all {
  bool varies = false;
};
struct without_check : averaging_all {
  int check;
};
struct without_a_name : averaging_all {
  int name;
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
struct gamma_as_a_number : everyone<choco> {
  double consensus_step = 0.1;
};
static_assert(!topology<without_exchanges> && !says_when_it_exchanges<without_exchanges>);
static_assert(!topology<without_a_server_or_none> && !says_what_it_is<without_a_server_or_none>);
static_assert(!topology<without_slots> && !has_a_slot_for_each_vector<without_slots>);
static_assert(!topology<without_together> && !moves_vectors_together<without_together>);
static_assert(!topology<without_move> && !moves_vectors_together<without_move>);
static_assert(!topology<without_sources> && !mixes_for_a_number_of_rounds<without_sources>);
static_assert(!topology<without_varies> && !says_whether_it_varies<without_varies>);
static_assert(!topology<varies_as_a_field> && !says_whether_it_varies<varies_as_a_field>);
static_assert(!topology<without_check> && !checks_itself<without_check>);
static_assert(!topology<without_a_name> && !topology_has_a_name<without_a_name>);
static_assert(!topology<downlink_without_its_type> && !names_the_type_of_its_downlink<downlink_without_its_type>);
static_assert(!topology<downlink_of_another_type> && !names_the_type_of_its_downlink<downlink_of_another_type>);
static_assert(topology<downlink_with_its_type>);
static_assert(!topology<everyone<choco>> && !has_a_consensus_step_for_losses<everyone<choco>>);
static_assert(!topology<everyone<deep_squeeze>> && !topology<gamma_as_a_number>);

// A wrapper says what it wraps, has it, and has a name.
template <class Tp>
struct around {
  using wraps = Tp;
  Tp topology{};
  std::string name() const { return "around"; }
};
struct around_nothing {
  gossip topology;
  std::string name() const { return "around-nothing"; }
};
struct around_another_one : around<gossip> {
  parameter_server<> topology{};
};
struct without_a_name_of_its_own {
  using wraps = gossip;
  gossip topology{};
};
static_assert(topology<around<gossip>> && topology<around<local_steps<parameter_server<>>>>);
static_assert(!topology<around_nothing> && !topology<around_another_one> && !topology<without_a_name_of_its_own>);
static_assert(topology_has_server<around<parameter_server<>>> && !topology_has_server<around<gossip>>);
static_assert(steps_alone<around<local_steps<gossip>>> && !steps_alone<around<gossip>>);

}  // namespace

TEST_CASE("topology: local steps vary where the topology inside does") {
  CHECK_FALSE(is_varying(local_steps{gossip{.graph = ring(4)}, 2}));
  CHECK(is_varying(local_steps{gossip{.graph = one_peer_exponential(4)}, 2}));
  CHECK_FALSE(is_varying(local_steps<accelerated_gossip>{{.graph = ring(4)}, 2}));
  CHECK_FALSE(is_varying(local_steps<parameter_server<>>{}));
}

TEST_CASE("topology: what a wrapper does not say is asked of the one inside") {
  around<local_steps<gossip>> const both{{gossip{.graph = one_peer_exponential(4), .rounds = 2}, 5}};
  CHECK(&unwrapped_topology(both) == &both.topology.topology);
  CHECK(rounds_of(both) == 2);
  CHECK(is_varying(both));
  CHECK(steps_between_exchanges(both) == 5);
  for (int step = 1; step <= 20; ++step) CHECK(is_exchange_step(both, 1, step) == (step % 5 == 0));
  CHECK(sources_of(both, 10, 1, 2, 4) == both.topology.topology.graph.row(3, 2));
  CHECK(details_of(both) == " every=5");
  CHECK_THROWS_AS(check_topology(both, 3, false, false), std::invalid_argument);
  CHECK_THROWS_AS(check_topology(around<local_steps<gossip>>{{gossip{ring(4)}, 0}}, 4, false, false),
                  std::invalid_argument);
}

}  // namespace concept_tests
