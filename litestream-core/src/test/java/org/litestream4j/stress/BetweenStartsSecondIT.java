package org.litestream4j.stress;

import java.util.stream.Stream;

/** The second third of the cases. */
class BetweenStartsSecondIT extends BetweenStarts {

	static Stream<Case> cases() {
		return cases(1);
	}

}
