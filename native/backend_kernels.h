// Collects the ops of one backend into its column of the dispatch table.
#pragma once

#include "backend.h"
#include "device.h"

namespace convolt::CONVOLT_BACKEND {

template <class Params, void (*op)(Context&, Bufs, Bufs, const Params&)>
void untyped(Context& ctx, Bufs in, Bufs out, const void* params) {
  op(ctx, in, out, *static_cast<const Params*>(params));
}

inline constexpr Kernel kernels[] = {
#define OP(name, inputs, outputs, Params) untyped<Params, name>,
#include "ops.def"
#undef OP
};

}  // namespace convolt::CONVOLT_BACKEND
