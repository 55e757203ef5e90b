#include "combine.hpp"

// Rescaled it is unbiased, which a server wants. Error memory and public copies want the contraction.
saddle::trainer<float> train_gan::make_random_k(shared_game const& game, composition const& how) {
  saddle::random_k<512, 64, saddle::scaling::plain> const plain;
  if (how.error_feedback) return combine(game, how, saddle::error_feedback{plain});
  if (how.topology == "server") return combine<where::server>(game, how, saddle::random_k<512, 64>{});
  return combine<where::gossip>(game, how, plain);
}
