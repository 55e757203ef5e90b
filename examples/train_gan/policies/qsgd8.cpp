#include "combine.hpp"

saddle::trainer<float> train_gan::make_qsgd8(shared_game const& game, composition const& how) {
  return combine_qsgd<8>(game, how);
}
