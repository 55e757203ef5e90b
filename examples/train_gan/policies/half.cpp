#include "combine.hpp"

saddle::trainer<float> train_gan::make_half(shared_game const& game, composition const& how) {
  return combine_lossy<saddle::half<>>(game, how);
}
