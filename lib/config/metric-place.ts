// Where the numbers of `observe` are in CloudWatch: agreed on by the function that writes them, the alarms and the dashboards.

export const metricNamespace = 'TidbPitr';
/** The one dimension: the name of the cluster in the settings. */
export const clusterDimension = 'Cluster';
