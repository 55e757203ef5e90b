#include "combine.hpp"

saddle::trainer<float> train_gan::make_qsgd2(shared_game const& game, composition const& how) {
  return combine_qsgd<2>(game, how);
}
