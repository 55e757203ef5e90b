#include "combine.hpp"

saddle::trainer<float> train_gan::make_qsgd4(shared_game const& game, composition const& how) {
  return combine_qsgd<4>(game, how);
}
