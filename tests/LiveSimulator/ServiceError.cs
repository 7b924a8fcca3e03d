namespace LiveSimulator;

/// <summary>A refusal of the service: an HTTP status, a code, and words that clients must not rely on.</summary>
sealed class ServiceError(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public static ServiceError TaskNotExist() => new(400, "CodeTaskNotExist", "Task does not exist.");

    public static ServiceError TaskHasStopped() => new(400, "CodeTaskHasStopped", "The task has been stopped.");

    public static ServiceError IllegalDuration(string message) => new(400, "InvalidParam.CodeIllegalDuration", message);

    /// <summary>A value that a relay operation does not take.</summary>
    public static ServiceError InvalidParameter(string message) => new(400, "InvalidParameter", message);

    public static ServiceError MissingParameter(string name) => new(400, "MissingParameter", $"{name} is mandatory for this action.");

    public static ServiceError MonitorNotExist() =>
        new(404, "StreamMonitorNotExist", "The stream monitor is unknown, please check and try again later.");

    public static ServiceError IllegalOperation(int status, string message) => new(status, "IllegalOperation", message);

    public static ServiceError InternalError() => new(500, "InternalError", "The request has failed for an unknown reason.");
}
