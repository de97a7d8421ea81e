/** The LLM plane: calls to model providers, decided, recorded and passed on byte for byte. */
@NullMarked
package io.redoubt.proxy.llm;

import org.jspecify.annotations.NullMarked;
