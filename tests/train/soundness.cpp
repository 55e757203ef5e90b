// Which combinations of types there are, and that those which are left keep their promises both ways.
#include "saddle/run/soundness.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "game.hpp"

namespace soundness_tests {

using namespace saddle;
using test::vector;

namespace {

using averaged_average = parameter_server<exact_downlink, adapts::on_average>;
template <class Down, adapts Adapts = adapts::on_worker>
using answering = parameter_server<Down, Adapts>;
using careful = error_feedback<top_k<128, 8>>;
/// Unbiased, and looks at the fresh direction.
struct fresh_and_unbiased : adacomp_residual<128, 8> {
  static constexpr double omega = 1;
};
static_assert(compressor<fresh_and_unbiased> && is_unbiased<fresh_and_unbiased>);

template <class O, class C, class Topology>
constexpr bool breaks(std::string_view words) {
  char const* const why = why_unsound<O, C, Topology>();
  return why != nullptr && std::string_view(why).find(words) != std::string_view::npos && !is_sound<O, C, Topology>;
}

// The way up, and the same of the way down.
static_assert(breaks<sgda, top_k<128, 8>, parameter_server<>>("a biased compressor on a parameter server needs"));
static_assert(breaks<sgda, identity, answering<top_k<128, 8>>>("a biased compressor on the downlink needs"));
static_assert(breaks<sgda, adacomp_residual<128, 8>, gossip>("a compressor that looks at the fresh direction"));
static_assert(breaks<sgda, fresh_and_unbiased, parameter_server<>>("a compressor that looks at the fresh direction"));
static_assert(breaks<sgda, ef21<adacomp_residual<128, 8>>, parameter_server<>>("looks at the fresh direction"));
static_assert(breaks<sgda, identity, answering<fresh_and_unbiased>>("on the downlink that looks at the fresh average"));
static_assert(is_sound<sgda, identity, answering<error_feedback<fresh_and_unbiased>>>);
static_assert(breaks<sgda, ef21<top_k<128, 8>>, gossip>("gossip has none"));
static_assert(breaks<sgda, identity, answering<ef21<top_k<128, 8>>>>("ef21 is for the way up"));
static_assert(breaks<sgda, ef21<top_k<128, 8>>, answering<qsgd<128, 8>>>("stays in the sum for good"));
static_assert(breaks<sgda, ef21<top_k<128, 8>>, local_steps<answering<qsgd<128, 8>>>>("stays in the sum for good"));
static_assert(is_sound<sgda, ef21<top_k<128, 8>>, answering<careful>>);
static_assert(is_sound<sgda, ef21<top_k<128, 8>>, answering<identity>>);
static_assert(breaks<sgda, qsgd<256, 8>, answering<qsgd<128, 8>>>("the downlink's bucket must be the uplink's"));
static_assert(breaks<sgda, qsgd<256, 8>, local_steps<answering<careful>>>("the downlink's bucket"));

// Look-aheads: an exchange of their own leaves no memory alone, on whichever side and in whatever units.
template <class O>
constexpr bool shares_a_memory() {
  return breaks<O, careful, parameter_server<>>("one error memory cannot serve both exchanges") &&
         breaks<O, ef21<top_k<128, 8>>, parameter_server<>>("one error memory cannot serve both exchanges") &&
         breaks<O, identity, answering<careful>>("the server's error memory cannot serve both exchanges") &&
         breaks<O, qsgd<128, 8>, answering<careful, adapts::on_average>>("the server's error memory") &&
         is_sound<O, qsgd<128, 8>, answering<qsgd<128, 8>>> &&
         is_sound<O, identity, gossip> &&
         breaks<O, identity, local_steps<parameter_server<>>>("local_steps has no average");
}
static_assert(shares_a_memory<averaged_extragradient>());
static_assert(shares_a_memory<per_player<averaged_extragradient, averaged_extragradient>>());
static_assert(is_sound<averaged_omd, careful, answering<careful>>);  // looks ahead along what moves w
static_assert(is_sound<extragradient, careful, answering<careful>>);
static_assert(breaks<averaged_omd, identity, gossip>("gossip has no average"));

// What all share, and what is inside of what.
static_assert(breaks<extra_adam, identity, averaged_average>("all workers share the optimizer's state"));
static_assert(breaks<per_player<extragradient, extra_adam>, identity, averaged_average>("share the optimizer's state"));
static_assert(breaks<adam, identity, local_steps<averaged_average>>("its server must adapt on the workers"));
static_assert(breaks<sgda, identity, local_steps<local_steps<gossip>>>("local_steps inside of local_steps"));
static_assert(breaks<sgda, qsgd<128, 8>, accelerated_gossip>("accelerated gossip amplifies"));
static_assert(breaks<sgda, careful, local_steps<accelerated_gossip>>("accelerated gossip amplifies"));
static_assert(is_sound<sgda, identity, local_steps<accelerated_gossip>>);

/// The gradient is (1, 0.6) everywhere: of two coordinates only one is sent, and the other is owed.
test::linear_game slope() {
  return {.min = 2,
          .max = 0,
          .matrix = {2, std::vector(2, vector(2))},
          .offset = {2, vector{1, 0.6}},
          .start = {0, 0}};
}

}  // namespace

TEST_CASE("whatever may keep a memory pays it: w stays within a bounded debt of the exact run, up and down") {
  using sparse = error_feedback<top_k<128, 1>>;
  auto const pays = [](auto o, auto up, auto topology) {
    trainer lossy{slope(), o, up, topology, loopback{2}, cpu{}};
    trainer exact{slope(), o, identity{}, parameter_server<>{}, loopback{2}, cpu{}};
    double early = 0, late = 0;
    for (int step = 1; step <= 3020; ++step) {
      lossy.step();
      exact.step();
      double& most = step <= 300 ? early : late;
      most = std::max(most, test::distance(test::weights(lossy), test::weights(exact)));
    }
    CAPTURE(decltype(o)::name());
    CHECK(test::norm(test::weights(exact)) > 300);
    CHECK(early > 0.01);  // there is a debt
    CHECK(late < 1);      // of a few steps, and it does not grow
  };
  auto const both_ways = [&](auto o) {
    pays(o, sparse{}, parameter_server<>{});
    pays(o, identity{}, answering<sparse>{});
    pays(o, sparse{}, answering<sparse>{});
    pays(o, identity{}, answering<sparse, adapts::on_average>{});
    pays(o, ef21<top_k<128, 1>>{}, answering<sparse>{});
  };
  double const eta = 0.1;
  both_ways(sgda{eta});
  both_ways(omd{eta});
  both_ways(averaged_omd{eta});
  both_ways(extragradient{eta});
}

TEST_CASE("differences that are added up: a downlink with a memory ends where an exact one does") {
  auto const game = test::smg(3);
  auto const left = [&](auto down) {
    trainer t{game, omd{0.02}, ef21<top_k<128, 2>>{}, answering<decltype(down)>{down}, loopback{3}, cpu{}};
    t.run(8000);
    return test::distance(test::weights(t), test::solution(game));
  };
  double const exact = left(identity{});  // what top_k has not told yet; a bare downlink of 4 bits stays at 0.24
  CHECK(exact < 0.05);
  CHECK(left(error_feedback<qsgd<128, 8>>{}) < 1.01 * exact);
  CHECK(left(error_feedback<qsgd<128, 4, rounding::nearest>>{}) < 1.1 * exact);
}

}  // namespace soundness_tests
