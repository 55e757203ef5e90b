#include "combine.hpp"

saddle::trainer<float> train_gan::make_scaled_sign(shared_game const& game, composition const& how) {
  return combine_lossy<saddle::scaled_sign<>>(game, how);
}
