package org.litestream4j.stress;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/**
 * A test of the list of mutations, which are run by hand.
 */
class MutationsTests {

	@Test
	void whatEachReplacesStandsInTheSourceOnce() throws Exception {
		assertThat(Mutations.all()).hasSizeGreaterThan(55)
			.allSatisfy(
					(mutation) -> assertThatCode(() -> NegativeControls.around(mutation)).doesNotThrowAnyException());
	}

}
