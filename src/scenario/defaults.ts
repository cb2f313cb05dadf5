// Defaults of fields of which it matters whether they were given. Part of the scenario; all others stand in the schema.

/** maxPods of a kubelet, pods: pkg/kubelet/apis/config/v1beta1/defaults.go; a node whose capacity says nothing has as many. */
export const MAX_PODS_DEFAULT = 110;

/** Addresses of all pods; no published figure: so many that they are never short. */
export const POD_CIDR_DEFAULT = '10.128.0.0/9';

/** Prefix of a node's part of them: --node-cidr-mask-size of kube-controller-manager. */
export const NODE_CIDR_MASK_SIZE_DEFAULT = 24;

/** Connections of one entry of traffic that are simulated in a second at most; no published figure. */
export const CONNECTIONS_PER_SECOND_DEFAULT = 500;
