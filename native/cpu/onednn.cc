#include "onednn.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include "packed_weights.h"

namespace convolt {

std::string onednn_version() {
  const dnnl::version_t* v = dnnl::version();
  std::string isa;
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx2: isa = "avx2"; break;
    case dnnl::cpu_isa::avx2_vnni: isa = "avx2_vnni"; break;
    case dnnl::cpu_isa::avx512_core: isa = "avx512_core"; break;
    case dnnl::cpu_isa::avx512_core_vnni: isa = "avx512_core_vnni"; break;
    case dnnl::cpu_isa::avx512_core_bf16: isa = "avx512_core_bf16"; break;
    case dnnl::cpu_isa::avx512_core_amx: isa = "avx512_core_amx"; break;
    default: isa = "generic"; break;
  }
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch) + ", " + isa;
}

namespace cpu {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Dims = memory::dims;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// One stream, and so one set of cached primitives, for each device thread.
dnnl::stream& stream() {
  static thread_local dnnl::stream s(engine());
  return s;
}

// A convolution in oneDNN's terms. Two spatial dimensions where the third is 1.
struct Geometry {
  Dims x, w, y, stride, dilation, pad_before, pad_after;
  Tag activation_tag, weight_tag;

  explicit Geometry(const ConvParams& p) {
    const bool spatial3 = p.d != 1 || p.t != 1 || p.z != 1 || p.padD != 0;
    auto axis = [&](int size, int taps, int out, int s, int pad, int dilate) {
      x.push_back(size), w.push_back(taps), y.push_back(out), stride.push_back(s), dilation.push_back(dilate - 1), pad_before.push_back(pad);
      pad_after.push_back((out - 1) * s + (taps - 1) * dilate + 1 - size - pad);
    };
    x = {p.n, p.c};
    y = {p.n, p.k};
    if (p.groups == 1) w = {p.k, p.c};
    else w = {p.groups, p.k / p.groups, p.c / p.groups};
    if (spatial3) axis(p.d, p.t, p.z, p.strideD, p.padD, p.dilationD);
    axis(p.h, p.r, p.p, p.strideH, p.padH, p.dilationH);
    axis(p.w, p.s, p.q, p.strideW, p.padW, p.dilationW);
    activation_tag = spatial3 ? Tag::ndhwc : Tag::nhwc;
    if (p.groups == 1) weight_tag = spatial3 ? Tag::odhwi : Tag::ohwi;
    else if (p.groups == p.c) weight_tag = spatial3 ? Tag::goidhw : Tag::goihw;  // the same, with one channel; quicker to reorder
    else weight_tag = spatial3 ? Tag::godhwi : Tag::gohwi;
  }
};

memory::desc f32(const Dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

// A tensor of a primitive: the caller's memory in the plain layout, and the primitive's own, with a copy in scratch
// memory between them where they differ.
class Argument {
 public:
  Argument() = default;
  Argument(const memory::desc& plain, const memory::desc& own, bool is_result)
      : plain_(plain, engine(), nullptr), own_(own, engine(), nullptr), same_(plain == own), is_result_(is_result) {
    if (same_) return;
    reorder_ = is_result ? dnnl::reorder(own_, plain_) : dnnl::reorder(plain_, own_);
    layout_.assign(reinterpret_cast<const char*>(&own.data), sizeof own.data);
  }

  // Gives the primitive's memory, filled if it is an input.
  const memory& before(Context& ctx, float* data) {
    plain_.set_data_handle(data);
    own_.set_data_handle(same_ ? data : ctx.scratch(own_.get_desc().get_size()));
    if (!same_ && !is_result_) reorder_.execute(stream(), plain_, own_);
    return own_;
  }

  // The same for weights that may come again as they are.
  const memory& before_kept(Context& ctx, float* data) {
    if (same_) return before(ctx, data);
    const PackedPlace place = packed_place(data, plain_.get_desc().get_size(), layout_, own_.get_desc().get_size());
    if (!place.data) return before(ctx, data);
    plain_.set_data_handle(data);
    own_.set_data_handle(place.data);
    if (!place.is_filled) reorder_.execute(stream(), plain_, own_);
    return own_;
  }
  void after() {
    if (!same_ && is_result_) reorder_.execute(stream(), own_, plain_);
  }

 private:
  memory plain_, own_;
  dnnl::reorder reorder_;
  std::string layout_;  // of own_, in bytes
  bool same_ = true, is_result_ = false;
};

// A pass for one parameter set.
class Convolution {
 public:
  Convolution(ConvPass pass, const ConvParams& p, bool with_bias, bool with_residual) : pass_(pass) {
    const Geometry g(p);
    const memory::desc plain_x = f32(g.x, g.activation_tag), plain_y = f32(g.y, g.activation_tag), plain_w = f32(g.w, g.weight_tag);
    // Activations stay channels-last, except where oneDNN's weight gradient of one group is eight times slower for it
    // (6 -> 16 channels, 5 x 5): its loops over 16 channels would run nearly empty.
    const bool own_layout = pass == ConvPass::weight_grad && p.groups == 1 && std::min(p.c, p.k) < 16;
    const memory::desc x = own_layout ? f32(g.x, Tag::any) : plain_x, y = own_layout ? f32(g.y, Tag::any) : plain_y, w = f32(g.w, Tag::any);
    const memory::desc bias = with_bias ? f32({p.k}, Tag::x) : memory::desc();
    const auto algorithm = dnnl::algorithm::convolution_direct;
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // the library's own crashes on all threads but one
    if (pass == ConvPass::forward) attr.set_post_ops(behind(p, with_residual, plain_y));

    const dnnl::convolution_forward::desc forward_desc(dnnl::prop_kind::forward_training, algorithm, x, w, bias, y, g.stride, g.dilation,
                                                       g.pad_before, g.pad_after);
    const dnnl::convolution_forward::primitive_desc forward(forward_desc, attr, engine());
    if (pass == ConvPass::forward) {
      primitive_ = dnnl::convolution_forward(forward);
      x_ = {plain_x, forward.src_desc(), false};
      w_ = {plain_w, forward.weights_desc(), false};
      y_ = {plain_y, forward.dst_desc(), true};
      scratchpad_ = memory(forward.scratchpad_desc(), engine(), nullptr);
    } else if (pass == ConvPass::input_grad) {
      const dnnl::convolution_backward_data::desc desc(algorithm, x, w, y, g.stride, g.dilation, g.pad_before, g.pad_after);
      const dnnl::convolution_backward_data::primitive_desc backward(desc, attr, engine(), forward);
      primitive_ = dnnl::convolution_backward_data(backward);
      x_ = {plain_x, backward.diff_src_desc(), true};
      w_ = {plain_w, backward.weights_desc(), false};
      y_ = {plain_y, backward.diff_dst_desc(), false};
      scratchpad_ = memory(backward.scratchpad_desc(), engine(), nullptr);
    } else {
      const dnnl::convolution_backward_weights::desc desc(algorithm, x, w, y, g.stride, g.dilation, g.pad_before, g.pad_after);
      const dnnl::convolution_backward_weights::primitive_desc backward(desc, attr, engine(), forward);
      primitive_ = dnnl::convolution_backward_weights(backward);
      x_ = {plain_x, backward.src_desc(), false};
      w_ = {plain_w, backward.diff_weights_desc(), true};
      y_ = {plain_y, backward.diff_dst_desc(), false};
      scratchpad_ = memory(backward.scratchpad_desc(), engine(), nullptr);
    }
    if (with_bias) bias_ = memory(bias, engine(), nullptr);
    if (with_residual) residual_ = memory(plain_y, engine(), nullptr);
  }

  void run(Context& ctx, const ConvBuffers& buffers) {
    scratchpad_.set_data_handle(ctx.scratch(scratchpad_.get_desc().get_size() + 1));
    const bool forward = pass_ == ConvPass::forward;
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SCRATCHPAD, scratchpad_},
        {pass_ == ConvPass::input_grad ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, x_.before(ctx, buffers.x)},
        {pass_ == ConvPass::weight_grad ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, forward ? w_.before_kept(ctx, buffers.w) : w_.before(ctx, buffers.w)},
        {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, y_.before(ctx, buffers.y)}};
    if (buffers.bias) {
      bias_.set_data_handle(const_cast<float*>(buffers.bias));
      arguments.insert({DNNL_ARG_BIAS, bias_});
    }
    if (buffers.residual) {
      residual_.set_data_handle(const_cast<float*>(buffers.residual));
      arguments.insert({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, residual_});
    }
    primitive_.execute(stream(), arguments);
    for (Argument* argument : {&x_, &w_, &y_}) argument->after();
    stream().wait();
  }

 private:
  // What is done to the sums: the residual comes first.
  static dnnl::post_ops behind(const ConvParams& p, bool with_residual, const memory::desc& y) {
    dnnl::post_ops ops;
    if (with_residual) ops.append_binary(dnnl::algorithm::binary_add, y);
    switch (ConvActivation(p.activation)) {
      case ConvActivation::none: break;
      case ConvActivation::relu: ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f); break;
      case ConvActivation::relu6: ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_clip, 0.0f, 6.0f); break;
    }
    return ops;
  }

  ConvPass pass_;
  dnnl::primitive primitive_;
  Argument x_, w_, y_;
  memory bias_, residual_, scratchpad_;
};

// Cached convolutions by their parameters' bytes. nullptr: oneDNN does not take them. The cache is emptied when it is
// full, which a program with that many shapes in turn would not feel.
Convolution* cached_convolution(ConvPass pass, const ConvParams& p, bool with_bias, bool with_residual) {
  constexpr size_t most = 1024;
  static thread_local std::unordered_map<std::string, std::unique_ptr<Convolution>> cache;
  std::string key(reinterpret_cast<const char*>(&p), sizeof p);
  key += char(int(pass) * 4 + with_bias * 2 + with_residual);
  if (auto found = cache.find(key); found != cache.end()) return found->second.get();
  if (cache.size() >= most) cache.clear();
  std::unique_ptr<Convolution> made;
  try {
    made = std::make_unique<Convolution>(pass, p, with_bias, with_residual);
  } catch (const dnnl::error& e) {
    if (e.status != dnnl_unimplemented && e.status != dnnl_invalid_arguments) throw;
  }
  return (cache[key] = std::move(made)).get();
}

}  // namespace

bool onednn_convolution(Context& ctx, ConvPass pass, const ConvParams& p, const ConvBuffers& buffers) {
  Convolution* convolution = cached_convolution(pass, p, buffers.bias != nullptr, buffers.residual != nullptr);
  if (convolution) convolution->run(ctx, buffers);
  return convolution != nullptr;
}

void onednn_matmul(const MatmulParams& p, const float* a, const float* b, float beta, float* y) {
  const dnnl_status_t status = dnnl_sgemm(p.transposeA ? 'T' : 'N', p.transposeB ? 'T' : 'N', p.m, p.n, p.k, 1.0f, a,
                                          p.transposeA ? p.m : p.k, b, p.transposeB ? p.k : p.n, beta, y, p.n);
  if (status != dnnl_success) throw std::runtime_error("internal: dnnl_sgemm failed");
}

}  // namespace cpu
}  // namespace convolt
