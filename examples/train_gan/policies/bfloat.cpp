#include "combine.hpp"

saddle::trainer<float> train_gan::make_bfloat(shared_game const& game, composition const& how) {
  return combine_lossy<saddle::bfloat>(game, how);
}
