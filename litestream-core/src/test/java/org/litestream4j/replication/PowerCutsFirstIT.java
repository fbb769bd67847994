package org.litestream4j.replication;

/** The first third of the moments. */
class PowerCutsFirstIT extends PowerCuts {

	PowerCutsFirstIT() {
		super(0);
	}

}
