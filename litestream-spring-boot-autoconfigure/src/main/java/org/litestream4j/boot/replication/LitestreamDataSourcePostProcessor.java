package org.litestream4j.boot.replication;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.scope.ScopedObject;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.DestructionAwareBeanPostProcessor;
import org.springframework.beans.factory.config.InstantiationAwareBeanPostProcessor;
import org.springframework.core.PriorityOrdered;

/**
 * Sees every {@code DataSource} bean when all its properties are set and nobody has used
 * it yet, and again right before it is destroyed. Comes first, so that what others wrap
 * around it is outside.
 */
public class LitestreamDataSourcePostProcessor
		implements InstantiationAwareBeanPostProcessor, DestructionAwareBeanPostProcessor, PriorityOrdered {

	/** Asked late: a post-processor must not create other beans early. */
	private final ObjectProvider<DataSourceReplicator> replicator;

	/**
	 * Asked again here, as ahead-of-time processing decides on conditions, and so on this
	 * one, when the application is built.
	 */
	private final boolean enabled;

	public LitestreamDataSourcePostProcessor(ObjectProvider<DataSourceReplicator> replicator, boolean enabled) {
		this.replicator = replicator;
		this.enabled = enabled;
	}

	@Override
	public int getOrder() {
		return HIGHEST_PRECEDENCE;
	}

	/**
	 * A pool may open its database in its constructor; what is named by its file is
	 * restored before.
	 */
	@Override
	public @Nullable Object postProcessBeforeInstantiation(Class<?> beanClass, String beanName) {
		if (this.enabled && DataSource.class.isAssignableFrom(beanClass)) {
			this.replicator.getObject();
		}
		return null;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (this.enabled && bean instanceof DataSource dataSource && !(bean instanceof ScopedObject)) {
			return this.replicator.getObject().attach(DataSourceBeans.userName(beanName), dataSource);
		}
		return bean;
	}

	@Override
	public boolean requiresDestruction(Object bean) {
		return bean instanceof DataSource && !(bean instanceof ScopedObject);
	}

	@Override
	public void postProcessBeforeDestruction(Object bean, String beanName) {
		if (bean instanceof DataSource dataSource) {
			DataSourceReplicator present = this.replicator.getIfAvailable();
			if (present != null) {
				present.detach(dataSource);
			}
		}
	}

}
