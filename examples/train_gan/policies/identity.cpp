#include "combine.hpp"

saddle::trainer<float> train_gan::make_identity(shared_game const& game, composition const& how) {
  return combine(game, how, saddle::identity{});
}
