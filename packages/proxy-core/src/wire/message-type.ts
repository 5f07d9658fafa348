/**
 * The first byte of every message but the startup packets, under the names of the protocol chapter ("Message Formats").
 * The two directions share the alphabet: a byte means something only together with who sent it.
 */
export const MessageType = {
  // sent by the frontend
  Bind: 0x42, // B
  Close: 0x43, // C
  CopyFail: 0x66, // f
  Describe: 0x44, // D
  Execute: 0x45, // E
  Flush: 0x48, // H
  FunctionCall: 0x46, // F
  GSSResponse: 0x70, // p
  Parse: 0x50, // P
  PasswordMessage: 0x70, // p
  Query: 0x51, // Q
  SASLInitialResponse: 0x70, // p
  SASLResponse: 0x70, // p
  Sync: 0x53, // S
  Terminate: 0x58, // X

  // sent by the backend
  Authentication: 0x52, // R
  BackendKeyData: 0x4b, // K
  BindComplete: 0x32, // 2
  CloseComplete: 0x33, // 3
  CommandComplete: 0x43, // C
  CopyBothResponse: 0x57, // W
  CopyInResponse: 0x47, // G
  CopyOutResponse: 0x48, // H
  DataRow: 0x44, // D
  EmptyQueryResponse: 0x49, // I
  ErrorResponse: 0x45, // E
  FunctionCallResponse: 0x56, // V
  NegotiateProtocolVersion: 0x76, // v
  NoData: 0x6e, // n
  NoticeResponse: 0x4e, // N
  NotificationResponse: 0x41, // A
  ParameterDescription: 0x74, // t
  ParameterStatus: 0x53, // S
  ParseComplete: 0x31, // 1
  PortalSuspended: 0x73, // s
  ReadyForQuery: 0x5a, // Z
  RowDescription: 0x54, // T

  // sent by both
  CopyData: 0x64, // d
  CopyDone: 0x63, // c
} as const;
