package org.litestream4j.format;

import java.util.HashSet;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Generation}.
 */
class GenerationTests {

	@Test
	void createWhenNameIsValidPrintsAsItsName() {
		assertThat(new Generation("b8e9afb5e0717645")).hasToString("b8e9afb5e0717645");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "b8e9afb5e071764", "b8e9afb5e07176450", "B8E9AFB5E0717645", "b8e9afb5e071764g",
			"b8e9afb5e071764\n", "../../../../etc/p", "b8e9afb5e071764５" })
	void createWhenNameIsInvalidSaysWhatIsAllowed(String name) {
		assertThat(Generation.isValid(name)).isFalse();
		assertThatIllegalArgumentException().isThrownBy(() -> new Generation(name))
			.withMessage("'%s' is not a generation: 16 lower-case hexadecimal digits are expected", name);
	}

	@Test
	void randomWhenCalledOftenNeverRepeats() {
		Set<Generation> seen = new HashSet<>();
		for (int i = 0; i < 10_000; i++) {
			assertThat(seen.add(Generation.random())).isTrue();
		}
	}

}
