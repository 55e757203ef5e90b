#pragma once
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/serialization/pickler.h>
#include <torch/torch.h>

#include <cstddef>
#include <string>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// Tensors under names, as Python's state_dict() has them.
using torch_tensors = c10::Dict<std::string, torch::Tensor>;

/// Copies of a module's parameters and buffers, counters included; those of a module that a problem gives are where the
/// problem began. Modules of the same names and shapes in Python take it by load_state_dict.
inline torch_tensors torch_state_dict(torch::nn::Module const& m) {
  torch_tensors all;
  auto const copied = [](torch::Tensor const& t) { return t.detach().clone(at::MemoryFormat::Contiguous); };
  for (auto const& p : m.named_parameters()) all.insert(p.key(), copied(p.value()));
  for (auto const& b : m.named_buffers()) all.insert(b.key(), copied(b.value()));
  return all;
}

/// The bytes of a file that Python's torch.load(FILE, weights_only=True) reads: a dict, a tensor, a number, or a dict of
/// such. torch::pickle_save writes the types of dicts beside them, which torch.load then refuses.
inline std::string torch_file(c10::IValue const& value) {
  std::string pickled;
  torch::jit::Pickler pickler([&](char const* at, std::size_t count) { pickled.append(at, count); }, nullptr, nullptr,
                              nullptr, nullptr, /*tag_aggregates*/ false);
  pickler.protocol();
  pickler.pushIValue(value);
  pickler.stop();

  std::string file;
  caffe2::serialize::PyTorchStreamWriter archive([&](void const* at, std::size_t count) {
    file.append(static_cast<char const*>(at), count);
    return count;
  });
  archive.writeRecord("data.pkl", pickled.data(), pickled.size());
  std::size_t number = 0;
  for (torch::Tensor const& t : pickler.tensorData()) {
    auto const data = torch::jit::getWriteableTensorData(t);
    archive.writeRecord("data/" + std::to_string(number++), data.data(), data.sizeInBytes());
  }
  archive.writeEndOfFile();
  return file;
}

SADDLE_NAMESPACE_END
