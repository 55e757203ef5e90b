// Which estimators, corrections and methods with vectors of their own go along with what.
#include "saddle/run/policies.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "../heterogeneous.hpp"
#include "saddle/run/soundness.hpp"
#include "saddle/saddle.hpp"

namespace soundness_of_methods_tests {

using namespace saddle;

namespace {

using averaged_average = parameter_server<exact_downlink, adapts::on_average>;
using sparse = top_k<128, 8>;
using careful = error_feedback<sparse>;
using unbiased = random_k<128, 8>;
template <class Down>
using answering = parameter_server<Down>;
template <class Tp = parameter_server<>>
using local = local_steps<Tp>;

template <class O, class C, class Topology>
constexpr bool breaks(std::string_view words) {
  char const* const why = why_unsound<O, C, Topology>();
  return why != nullptr && std::string_view(why).find(words) != std::string_view::npos && !is_sound<O, C, Topology>;
}

// Estimators: one, around all of the optimizer; two steps are compared at one point each.
static_assert(breaks<variance_reduced<recursive<sgda>>, identity, gossip>("two estimators"));
static_assert(breaks<hybrid_momentum<variance_reduced<sgda>>, identity, parameter_server<>>("two estimators"));
static_assert(breaks<proximal<variance_reduced<sgda>>, identity, gossip>("an estimator goes around all"));
static_assert(breaks<alternating<recursive<sgda>>, identity, gossip>("an estimator goes around all"));
static_assert(is_sound<variance_reduced<proximal<sgda>>, identity, gossip>);
static_assert(is_sound<variance_reduced<extragradient>, careful, parameter_server<>>);
static_assert(is_sound<variance_reduced<alternating<sgda>>, identity, gossip>);
template <class O, class P>
constexpr bool compares() {
  return breaks<O, identity, gossip>("compares an estimate with that of the step before") &&
         is_sound<P, identity, gossip>;
}
static_assert(compares<recursive<extragradient>, recursive<omd>>());
static_assert(compares<hybrid_momentum<extra_adam>, hybrid_momentum<optimistic_adam>>());
static_assert(compares<same_sample_optimism<alternating<sgda>>, same_sample_optimism<sgda>>());
static_assert(compares<recursive<alternating_players<sgda, omd>>, recursive<per_player<sgda, adam>>>());

static_assert(is_sound<svrg_extragradient, identity, tracked<accelerated_gossip>>);
static_assert(breaks<hybrid_momentum<svrg_extragradient>, identity, gossip>("two estimators"));
static_assert(breaks<proximal<svrg_extragradient>, identity, gossip>("an estimator goes around all"));
// A large batch is a repetition of its own; where steps are compared a player moves once.
static_assert(breaks<variance_reduced<per_player<sgda, sgda>, large_batch>, identity, gossip>("take full batches"));
static_assert(is_sound<variance_reduced<per_player<sgda, sgda>>, identity, gossip>);
static_assert(is_sound<recursive<per_player<sgda, sgda>, large_batch>, identity, gossip>);
static_assert(is_sound<variance_reduced<extragradient, large_batch>, identity, gossip>);

// Averaged estimates are carried on, and sent as they are.
using averages = averaged_estimates<local<>>;
static_assert(breaks<sgda, identity, averages>("averages what an estimator carries on"));
static_assert(breaks<variance_reduced<sgda>, identity, averages>("averages what an estimator carries on"));
static_assert(breaks<hybrid_momentum<sgda>, careful, averages>("sends estimates as they are"));
static_assert(
    breaks<hybrid_momentum<sgda>, identity, averaged_estimates<local<answering<careful>>>>("needs exact messages"));
static_assert(breaks<hybrid_momentum<sgda>, identity, tracked<averages>>("two corrections"));
static_assert(is_sound<hybrid_momentum<sgda>, identity, averages> &&
              is_sound<recursive<sgda, large_batch>, identity, averaged_estimates<local<gossip>>>);

// A mean of those who are there is a server's.
static_assert(breaks<sgda, identity, recentred<gossip>>("over gossip nobody knows it"));
static_assert(breaks<sgda, careful, recentred<local<>>>("sends estimates as they are"));
static_assert(is_sound<variance_reduced<sgda>, identity, recentred<local<sampled<parameter_server<>>>>>);

// Corrections: one, of both players, by exchanges that give in the end all that they were given.
static_assert(breaks<sgda, identity, tracked<controlled<local<>>>>("two corrections"));
static_assert(breaks<sgda, identity, controlled<local<tracked<gossip>>>>("two corrections"));
static_assert(breaks<sgda, identity, tracked<exact_diffusion<gossip>>>("two corrections"));
static_assert(is_sound<sgda, identity, tracked<local<sampled<parameter_server<>>>>>);
static_assert(breaks<alternating<sgda>, identity, tracked<gossip>>("a correction follows both players at once"));
static_assert(
    breaks<alternating_players<sgda, omd>, identity, controlled<local<>>>("a correction follows both players"));
static_assert(is_sound<per_player<sgda, adam>, identity, tracked<gossip>>);
template <template <class> class Wrapper>
constexpr bool adds_up() {
  return breaks<sgda, ef21<sparse>, Wrapper<local<>>>("ef21 does not send all of it in the end") &&
         breaks<sgda, unbiased, Wrapper<local<>>>("what a bare compressor loses on a server") &&
         breaks<sgda, identity, Wrapper<local<answering<unbiased>>>>("what a bare downlink loses") &&
         is_sound<sgda, careful, Wrapper<local<answering<careful>>>> &&
         is_sound<sgda, unbiased, local<answering<unbiased>>>;
}
static_assert(adds_up<tracked>() && adds_up<controlled>());
static_assert(is_sound<sgda, sparse, tracked<gossip>> && is_sound<sgda, careful, tracked<gossip>>);
static_assert(is_sound<sgda, identity, tracked<accelerated_gossip>>);

// Control variates are of rounds, in units of gradients.
static_assert(breaks<sgda, identity, controlled<parameter_server<>>>("put them around local_steps, or use tracked"));
static_assert(breaks<sgda, identity, controlled<gossip>>("put them around local_steps, or use tracked"));
static_assert(breaks<adaptive<>, identity, controlled<local<>>>("the optimizer needs step_size_at"));
static_assert(is_sound<adam, identity, controlled<local<sampled<parameter_server<>>>>>);
static_assert(is_sound<extragradient, identity, controlled<local<gossip>>>);

// Players apart, and duals.
static_assert(is_sound<extra_adam, careful, local<separate_players<sampled<answering<careful>>>>>);
static_assert(breaks<sgda, ef21<sparse>, separate_players<parameter_server<>>>("the sum over all workers"));
static_assert(breaks<masha, unbiased, separate_players<parameter_server<>>>("the sum over all workers"));
static_assert(is_sound<variance_reduced<extragradient>, sparse, primal_dual<gossip>>);
static_assert(breaks<sgda, identity, primal_dual<local<gossip>>>("primal_dual goes around gossip"));
static_assert(breaks<sgda, identity, tracked<primal_dual<gossip>>>("two corrections"));

// Exact diffusion is of a graph that mixes in every step, exactly.
static_assert(breaks<sgda, identity, exact_diffusion<parameter_server<>>>("a server mixes nothing"));
static_assert(breaks<sgda, identity, exact_diffusion<local<gossip>>>("gossip that mixes in every step"));
static_assert(breaks<sgda, identity, local<exact_diffusion<gossip>>>("gossip that mixes in every step"));
static_assert(breaks<sgda, identity, exact_diffusion<accelerated_gossip>>("gossip that mixes in every step"));
static_assert(breaks<sgda, sparse, exact_diffusion<gossip>>("exact_diffusion needs exact messages"));
static_assert(breaks<averaged_extragradient, identity, exact_diffusion<gossip>>("mixes its look-ahead, too"));
static_assert(is_sound<extragradient, identity, exact_diffusion<gossip>>);

// Look-aheads that are averaged.
static_assert(breaks<averaged_omd, identity, tracked<gossip>>("gossip has no average"));
static_assert(breaks<averaged_omd, identity, tracked<local<>>>("local_steps has no average"));
static_assert(breaks<averaged_extragradient, careful, tracked<gossip>>("one error memory cannot serve both exchanges"));
static_assert(is_sound<averaged_extragradient, identity, tracked<gossip>>);
static_assert(is_sound<averaged_omd, careful, tracked<answering<careful>>>);

// Vectors of an optimizer's own.
static_assert(breaks<masha, identity, gossip>("it needs a parameter server in every step"));
static_assert(breaks<masha, identity, local<>>("it needs a parameter server in every step"));
static_assert(breaks<masha, identity, averaged_average>("its server must adapt on the workers"));
static_assert(breaks<masha, identity, sampled<parameter_server<>>>("all of them must take part"));
static_assert(breaks<masha, identity, tracked<parameter_server<>>>("this optimizer is exact by itself"));
static_assert(breaks<variance_reduced<masha>, identity, parameter_server<>>("this optimizer is exact by itself"));
static_assert(breaks<masha, sparse, parameter_server<>>("a biased compressor on a parameter server needs"));
static_assert(breaks<masha, ef21<sparse>, parameter_server<>>("the optimizer needs step_size_at"));
static_assert(is_sound<masha, unbiased, parameter_server<>> && is_sound<masha, careful, answering<careful>>);

// States that go along with w.
using exchanged = momentum<momenta::exchanged>;
static_assert(breaks<exchanged, identity, parameter_server<>>("are for local_steps and gossip"));
static_assert(breaks<exchanged, identity, tracked<averaged_average>>("are for local_steps and gossip"));
static_assert(is_sound<exchanged, sparse, tracked<gossip>> && is_sound<exchanged, careful, local<answering<careful>>>);
static_assert(is_sound<momentum<>, identity, averaged_average>);
static_assert(is_sound<momentum<>, ef21<sparse>, parameter_server<>>);
static_assert(is_sound<alternating_players<exchanged, sgda>, identity, local<gossip>>);

// A point of each round that a server averages.
using once_a_round = checkpointed<sgda, sgda>;
static_assert(breaks<once_a_round, identity, local<gossip>>("averages a point of each round: it needs a server"));
static_assert(breaks<once_a_round, identity, tracked<local<>>>("a correction follows both players at once"));
static_assert(is_sound<on_simplex<once_a_round>, careful, local<sampled<parameter_server<>>>>);
static_assert(is_sound<variance_reduced<on_simplex<once_a_round>>, unbiased, averaged_average>);
static_assert(is_sound<on_simplex<extragradient>, sparse, tracked<exact_max<gossip>>>);

// Scalars.
static_assert(breaks<adaptive<>, identity, accelerated_gossip>("scalars must stay positive"));
static_assert(breaks<adaptive<>, careful, gossip>("those of error_feedback over gossip sum to 0"));
static_assert(breaks<adaptive<accumulators::own>, identity, averaged_average>("each has scalars of its own"));
static_assert(is_sound<adaptive<>, identity, averaged_average> && is_sound<adaptive<>, careful, parameter_server<>>);
static_assert(breaks<adaptive_extragradient, identity, averaged_average>("each has scalars of its own"));
static_assert(breaks<alternating_players<adaptive_extragradient, adaptive_extragradient>, identity, parameter_server<>>(
    "scalars that it keeps of both"));
static_assert(breaks<alternating<adaptive<>>, identity, parameter_server<>>("scalars that it keeps of both"));
static_assert(breaks<adaptive_forward_reflected, identity, accelerated_gossip>("scalars must stay positive") &&
              is_sound<adaptive_forward_reflected, careful, averaged_average>);
static_assert(breaks<sgda, identity, weighted_server<>>("the optimizer says none"));
static_assert(breaks<sgda, identity, local<sampled<weighted_server<>>>>("the optimizer says none"));
static_assert(is_sound<adaptive_extragradient, careful, local<weighted_server<careful>>> &&
              is_sound<adaptive_extragradient, sparse, gossip>);
static_assert(is_sound<adaptive<>, sparse, gossip> &&
              is_sound<adaptive<accumulators::own>, identity, accelerated_gossip>);

}  // namespace

TEST_CASE("a player that moves several times a step: what compares steps, or corrects, says so at construction") {
  test::heterogeneous_game const game;
  gossip const ring8{.graph = ring(8)};
  auto const refused = [&](auto o, auto topology) {
    CHECK_THROWS_WITH_AS(test::trainer_of(game, o, identity{}, topology),
                         doctest::Contains("a player cannot move several times"), std::invalid_argument);
  };
  refused(per_player{sgda{0.1}, sgda{0.1}, 2}, tracked{ring8});
  refused(recursive{per_player{sgda{0.1}, sgda{0.1}, 2}}, ring8);
}

TEST_CASE("an optimizer a player under a tracker, and on recursive estimates: exact") {
  gossip const ring8{.graph = ring(8)};
  CHECK(test::distance_after(6000, recursive{per_player{sgda{0.02}, sgda{0.03}}, 0.2}, identity{}, tracked{ring8}) <
        1e-12);
}

}  // namespace soundness_of_methods_tests
