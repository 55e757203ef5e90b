#include "combine.hpp"

saddle::trainer<float> train_gan::make_top_k(shared_game const& game, composition const& how) {
  return combine_lossy<saddle::top_k<>>(game, how);
}
