/** What an agent did lately, and how much what it wants to do now is out of line. */
@NullMarked
package io.redoubt.session;

import org.jspecify.annotations.NullMarked;
