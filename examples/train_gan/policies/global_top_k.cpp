#include "combine.hpp"

saddle::trainer<float> train_gan::make_global_top_k(shared_game const& game, composition const& how) {
  return combine_lossy<saddle::global_top_k<>>(game, how);
}
