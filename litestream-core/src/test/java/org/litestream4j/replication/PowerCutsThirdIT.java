package org.litestream4j.replication;

/** The third third of the moments. */
class PowerCutsThirdIT extends PowerCuts {

	PowerCutsThirdIT() {
		super(2);
	}

}
