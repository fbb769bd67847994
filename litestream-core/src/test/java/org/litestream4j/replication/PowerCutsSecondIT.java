package org.litestream4j.replication;

/** The second third of the moments. */
class PowerCutsSecondIT extends PowerCuts {

	PowerCutsSecondIT() {
		super(1);
	}

}
