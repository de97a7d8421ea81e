/** The port to the audit log: intents, outcomes, records (G4, G10). */
@NullMarked
package io.redoubt.audit;

import org.jspecify.annotations.NullMarked;
