/** The edge that every HTTP server of Redoubt has in common: limits, problems, traces, health. */
@NullMarked
package io.redoubt.http;

import org.jspecify.annotations.NullMarked;
