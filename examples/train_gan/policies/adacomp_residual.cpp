#include "combine.hpp"

saddle::trainer<float> train_gan::make_adacomp_residual(shared_game const& game, composition const& how) {
  if (how.feedback != saddle::feedback::error)
    throw std::invalid_argument("adacomp-residual looks at what error memory owes");
  return combine<where::server>(game, how, saddle::error_feedback{saddle::adacomp_residual<>{}});
}
