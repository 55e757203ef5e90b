#include "combine.hpp"

saddle::trainer<float> train_gan::make_natural(shared_game const& game, composition const& how) {
  return combine_lossy<saddle::natural<>>(game, how);
}
