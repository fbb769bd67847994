package org.litestream4j.stress;

import java.util.stream.Stream;

/** The third third of the cases. */
class BetweenStartsThirdIT extends BetweenStarts {

	static Stream<Case> cases() {
		return cases(2);
	}

}
