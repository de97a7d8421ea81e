/** Where the control plane is and who is calling: flags, environment, files. */
@NullMarked
package io.redoubt.cli.settings;

import org.jspecify.annotations.NullMarked;
