// The Python module `saddle`: codecs for numpy arrays and torch's CPU tensors, which are read and written in place.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <saddle/codec/codec.hpp>
#include <saddle/compressor/adacomp_residual.hpp>
#include <saddle/compressor/bfloat.hpp>
#include <saddle/compressor/error_feedback.hpp>
#include <saddle/compressor/global_top_k.hpp>
#include <saddle/compressor/half.hpp>
#include <saddle/compressor/identity.hpp>
#include <saddle/compressor/natural.hpp>
#include <saddle/compressor/qsgd.hpp>
#include <saddle/compressor/random_k.hpp>
#include <saddle/compressor/scaled_sign.hpp>
#include <saddle/compressor/ternary.hpp>
#include <saddle/compressor/top_k.hpp>
#include <saddle/core/expects.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace py = pybind11;
using namespace saddle;

namespace {

/// f(name, c, d) for every compressor: c as it is, and d, which error feedback takes. Where c is no contraction, d is:
/// it rounds to nearest, or sends values as they are.
template <class F>
void with_each_compressor(double fraction, F f) {
  auto const one = [&](char const* name, auto const& c) { f(name, c, c); };
  one("identity", identity{});
  one("half", half<>{});
  one("bfloat", bfloat{});
  one("natural", natural<>{});
  one("qsgd8", qsgd<512, 8>{});
  one("qsgd8-euclidean", qsgd<512, 8, rounding::dithered, norm::euclidean>{});
  f("qsgd4", qsgd<512, 4>{}, qsgd<512, 4, rounding::nearest>{});
  f("ternary", ternary<>{}, qsgd<512, 2, rounding::nearest>{});
  one("sign", scaled_sign<>{});
  one("top-k", top_k<>{});
  one("global-top-k", global_top_k<>{.fraction = fraction});
  f("random-k", random_k<>{}, random_k<512, 64, scaling::plain>{});
  one("adacomp-residual", adacomp_residual<>{});
}

std::vector<std::string> compressors() {
  std::vector<std::string> names;
  with_each_compressor(1, [&](char const* name, auto const&, auto const&) { names.push_back(name); });
  return names;
}

/// A codec of any compressor.
template <class T>
struct any_codec {
  virtual ~any_codec() = default;
  virtual std::int64_t bytes(std::int64_t n) const = 0;
  virtual compressed const& compress(std::span<T const> v, std::span<T> memory, dither_key const& key) = 0;
  virtual void decompress(std::span<std::byte const> bytes, std::span<T> to) = 0;
  virtual void add(std::span<std::byte const> bytes, T weight, std::span<T> to) = 0;
};
template <class T, class C>
class codec_of final : public any_codec<T> {
 public:
  explicit codec_of(C const& c) : codec_(c) {}
  std::int64_t bytes(std::int64_t n) const override { return codec_.bytes(n); }
  compressed const& compress(std::span<T const> v, std::span<T> memory, dither_key const& key) override {
    if constexpr (has_memory<C>) return codec_.compress(v, memory, key);
    else return codec_.compress(v, key);
  }
  void decompress(std::span<std::byte const> bytes, std::span<T> to) override { codec_.decompress(bytes, to); }
  void add(std::span<std::byte const> bytes, T weight, std::span<T> to) override { codec_.add(bytes, weight, to); }

 private:
  codec<C, T> codec_;
};

template <class T>
std::unique_ptr<any_codec<T>> make_codec(std::string const& name, bool remembers, std::optional<double> fraction) {
  expects(!fraction || name == "global-top-k", [&] { return "Codec: " + name + " has no fraction"; });
  std::unique_ptr<any_codec<T>> made;
  with_each_compressor(fraction.value_or(0.01), [&]<class C, class D>(char const* known, C const& c, D const& d) {
    if (name != known) return;
    if (remembers) made = std::make_unique<codec_of<T, error_feedback<D>>>(error_feedback{d});
    else made = std::make_unique<codec_of<T, C>>(c);
  });
  expects(made != nullptr, [&] { return "Codec: there is no compressor " + name + "; see saddle.compressors()"; });
  return made;
}

/// An array with a buffer: torch's tensors have theirs behind numpy().
py::object with_buffer(py::handle array) {
  py::object const host = py::hasattr(array, "numpy") ? array.attr("detach")().attr("numpy")()
                                                      : py::reinterpret_borrow<py::object>(array);
  expects(PyObject_CheckBuffer(host.ptr()) != 0,
          [&] { return "saddle: " + std::string(py::str(py::type::of(array))) + " is not an array"; });
  return host;
}
py::buffer_info in_place(py::handle array, bool writes) {
  py::buffer_info info = py::reinterpret_borrow<py::buffer>(with_buffer(array)).request(writes);
  expects(PyBuffer_IsContiguous(info.view(), 'C') != 0, "saddle: the array is not contiguous");
  return info;
}
std::span<std::byte const> bytes_of(py::buffer_info const& message) {
  return {static_cast<std::byte const*>(message.ptr), static_cast<std::size_t>(message.size * message.itemsize)};
}
template <class T>
std::span<T> numbers_of(py::buffer_info const& array) {
  return {static_cast<T*>(array.ptr), static_cast<std::size_t>(array.size)};
}
py::object numpy(char const* function) { return py::module_::import("numpy").attr(function); }

class any_array_codec {
 public:
  any_array_codec(std::string name, bool error_feedback, std::optional<double> fraction, std::uint64_t seed)
      : name_(std::move(name)), remembers_(error_feedback), seed_(seed),
        of_float_(make_codec<float>(name_, remembers_, fraction)),
        of_double_(make_codec<double>(name_, remembers_, fraction)) {}

  py::bytes encode(py::handle array, std::uint64_t step, std::uint32_t worker) {
    py::buffer_info const v = in_place(array, false);
    py::bytes message;
    with_codec_of(v, [&]<class T>(any_codec<T>& codec) {
      if (remembers_ && memory_.is_none()) memory_ = numpy("zeros")(v.size, v.format);
      py::buffer_info const e = remembers_ ? in_place(memory_, true) : py::buffer_info();
      expects(!remembers_ || e.format == v.format,
              [&] { return "encode: the memory has numbers of format " + e.format + ", the array " + v.format; });
      std::span<T> const vector = numbers_of<T>(v), memory = numbers_of<T>(e);
      message = py::reinterpret_steal<py::bytes>(PyBytes_FromStringAndSize(nullptr, codec.bytes(v.size)));
      char* const to = PyBytes_AS_STRING(message.ptr());
      alone([&] {
        auto const bytes = codec.compress(vector, memory, {seed_, step, worker}).bytes();
        std::memcpy(to, bytes.data(), bytes.size());
      });
    });
    return message;
  }
  void decode(py::handle message, py::handle out) {
    py::buffer_info const from = in_place(message, false), to = in_place(out, true);
    with_codec_of(to, [&]<class T>(any_codec<T>& codec) {
      alone([&] { codec.decompress(bytes_of(from), numbers_of<T>(to)); });
    });
  }
  void decode_add(py::handle message, py::handle out, double scale) {
    py::buffer_info const from = in_place(message, false), to = in_place(out, true);
    with_codec_of(to, [&]<class T>(any_codec<T>& codec) {
      alone([&] { codec.add(bytes_of(from), static_cast<T>(scale), numbers_of<T>(to)); });
    });
  }

  py::object memory() const { return memory_; }
  py::dict state_dict() const {
    py::dict state;
    state["compressor"] = name_;
    state["memory"] = memory_.is_none() ? memory_ : memory_.attr("copy")();
    return state;
  }
  void load_state_dict(py::dict const& state) {
    std::string const name = py::str(state["compressor"]);
    expects(name == name_, [&] { return "load_state_dict: the state is one of " + name + ", not of " + name_; });
    py::object const memory = state["memory"];
    expects(remembers_ || memory.is_none(), "load_state_dict: there is a memory, and this codec has no error feedback");
    if (!memory.is_none()) with_codec_of(in_place(memory, false), [](auto&) {});
    memory_ = memory.is_none() ? memory : numpy("array")(with_buffer(memory));
  }

 private:
  /// f(codec) with the codec for this array's numbers.
  template <class F>
  void with_codec_of(py::buffer_info const& array, F f) {
    if (array.format == py::format_descriptor<double>::format()) return f(*of_double_);
    expects(array.format == py::format_descriptor<float>::format(),
            [&] { return "saddle: an array has float32 or float64, not numbers of format " + array.format; });
    f(*of_float_);
  }
  /// f() while other threads run Python; a codec serves one at a time.
  template <class F>
  void alone(F f) {
    py::gil_scoped_release const others_run;
    std::scoped_lock const one(mutex_);
    f();
  }

  std::string name_;
  bool remembers_;
  std::uint64_t seed_;
  std::unique_ptr<any_codec<float>> of_float_;
  std::unique_ptr<any_codec<double>> of_double_;
  py::object memory_ = py::none();  // numpy's, zero at first, as long as the first array
  std::mutex mutex_;
};

}  // namespace

PYBIND11_MODULE(saddle, m) {
  m.doc() = "Compressed vectors, with error memory, for numpy arrays and torch's CPU tensors.";
  py::register_exception<bad_message>(m, "BadMessage", PyExc_ValueError);
  m.def("compressors", &compressors, "The names that Codec knows.");
  py::class_<any_array_codec>(m, "Codec", R"(Encodes arrays of float32 or float64 with one compressor.

error_feedback: what a message cannot say stays in `memory`, and goes with a later one.
fraction: of the coordinates, which global-top-k sends; 0.01 where it is not given.
seed: of the random bits; equal seeds, steps and workers draw equal ones.)")
      .def(py::init<std::string, bool, std::optional<double>, std::uint64_t>(), py::arg("compressor"), py::kw_only(),
           py::arg("error_feedback") = false, py::arg("fraction") = py::none(), py::arg("seed") = 0)
      .def("encode", &any_array_codec::encode, py::arg("array"), py::kw_only(), py::arg("step"), py::arg("worker") = 0,
           "The message, as bytes. Its length follows from the array's alone.")
      .def("decode", &any_array_codec::decode, py::arg("message"), py::arg("out"), "out = decoded")
      .def("decode_add", &any_array_codec::decode_add, py::arg("message"), py::arg("out"), py::arg("scale") = 1.0,
           "out += scale * decoded")
      .def_property_readonly("memory", &any_array_codec::memory, "What is still owed; None before the first message.")
      .def("state_dict", &any_array_codec::state_dict, "The compressor's name and a copy of the memory.")
      .def("load_state_dict", &any_array_codec::load_state_dict, py::arg("state"));
}
