#include "combine.hpp"

// Gradient tracking and control variates: workers that differ come to one solution.

namespace train_gan {
namespace {

template <class... O, class Topology>
saddle::trainer<float> combine_with(shared_game const& game, composition const& how, Topology const& topology) {
  std::optional<saddle::trainer<float>> made;
  auto const try_one = [&]<class One>(One const*) {
    if (how.optimizer == One::name())
      made.emplace(game, with_step_sizes<One>(how), saddle::identity{}, topology, how.transport,
                   saddle::cpu{how.threads}, how.run);
  };
  (try_one(static_cast<O const*>(nullptr)), ...);
  if (!made)
    throw std::invalid_argument("--correction " + how.correction + " does not come with " + how.optimizer + " here");
  return std::move(*made);
}

}  // namespace

saddle::trainer<float> make_tracked(shared_game const& game, composition const& how) {
  using namespace saddle;
  if (how.topology == "server")
    return combine_with<sgda, extragradient, adam>(game, how,
                                                   tracked{local_steps{parameter_server<>{}, how.local_steps}});
  if (how.local_steps != 1) throw std::invalid_argument("--correction tracked on a graph exchanges in every step");
  return combine_with<sgda, extragradient, adam>(
      game, how, tracked{gossip{graph_of(how), how.rounds, how.order, how.consensus_step}});
}

saddle::trainer<float> make_controlled(shared_game const& game, composition const& how) {
  using namespace saddle;
  if (how.topology == "server")
    return combine_with<sgda, adam>(game, how, controlled{local_steps{parameter_server<>{}, how.local_steps}});
  return combine_with<sgda, adam>(
      game, how,
      controlled{local_steps{gossip{graph_of(how), how.rounds, how.order, how.consensus_step}, how.local_steps}});
}

}  // namespace train_gan
