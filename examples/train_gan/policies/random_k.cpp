#include "combine.hpp"

saddle::trainer<float> train_gan::make_random_k(shared_game const& game, composition const& how) {
  using namespace saddle;
  return combine_lossy<random_k<512, 64>, random_k<512, 64, scaling::plain>>(game, how);
}
